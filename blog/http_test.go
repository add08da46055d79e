package blog_test

import (
	"strings"
	"testing"
)

// The edge of HTTP itself.
func TestHTTP(t *testing.T) {
	r := local(t)
	good := newPost("ada", "hello", "k")
	for _, c := range []struct {
		what, method, path string
		body               []byte
		header             []string
		status             int
		reason             string
	}{
		{"no type", "POST", "/api/blog/posts", good, []string{"Content-Type: "}, 415, "application/json"},
		{"a form", "POST", "/api/blog/posts", good, []string{"Content-Type: application/x-www-form-urlencoded"}, 415, "form"},
		{"plain text", "POST", "/api/blog/posts", good, []string{"Content-Type: text/plain"}, 415, "text/plain"},
		{"another charset", "POST", "/api/blog/posts", good, []string{"Content-Type: application/json; charset=latin1"}, 415, "latin1"},
		{"its charset", "POST", "/api/blog/posts", good, []string{"Content-Type: application/json; charset=UTF-8"}, 201, ""},
		{"again", "POST", "/api/blog/posts", good, nil, 200, ""},
		{"a page of another site", "POST", "/api/blog/posts", good, []string{"Origin: https://evil.example"}, 403, "https://evil.example"},
		{"a cross-site request", "POST", "/api/blog/posts", good, []string{"Sec-Fetch-Site: cross-site"}, 403, "another site"},
		{"its own page", "POST", "/api/blog/posts", good, []string{"Sec-Fetch-Site: same-origin"}, 200, ""},
		{"a name made to point here", "POST", "/api/blog/posts", good, []string{"Host: evil.example", "Origin: http://evil.example"}, 403, "evil.example"},
		{"reading under such a name", "GET", "/api/blog/posts", nil, []string{"Host: evil.example", "Sec-Fetch-Site: same-origin"}, 403, "evil.example"},
		{"a program under any name", "GET", "/api/blog/posts", nil, []string{"Host: evil.example"}, 200, ""},
		{"this machine's name", "GET", "/api/blog/posts", nil, []string{"Host: localhost:8280", "Sec-Fetch-Site: same-origin"}, 200, ""},
		{"a name it was given", "GET", "/api/blog/posts", nil, []string{"Host: blog.example", "Sec-Fetch-Site: same-origin"}, 200, ""},
		{"a parameter of a post", "POST", "/api/blog/posts?key=7", good, nil, 400, `"key=7"`},
		{"a wrong method", "PUT", "/api/blog/posts", good, nil, 405, "GET, HEAD, POST"},
		{"a wrong method for one", "DELETE", "/api/blog/posts/7", nil, nil, 405, "GET, HEAD"},
		{"a wrong method for a user", "PATCH", "/api/blog/users/ada/posts", nil, nil, 405, "GET, HEAD"},
		{"nowhere", "GET", "/api/blog/nowhere", nil, nil, 404, "/api/blog/nowhere"},
		{"a misspelled parameter", "GET", "/api/blog/posts?befor=7", nil, nil, 400, `"befor"`},
		{"a parameter twice", "GET", "/api/blog/posts?limit=1&limit=2", nil, nil, 400, `"limit"`},
		{"a parameter without a value", "GET", "/api/blog/posts?limit=", nil, nil, 400, `"limit"`},
		{"a page of none", "GET", "/api/blog/posts?limit=0", nil, nil, 400, "limit"},
		{"an odd query", "GET", "/api/blog/posts?limit=%zz", nil, nil, 400, "query"},
		{"a user with a slash", "GET", "/api/blog/users/a%2Fb/posts", nil, nil, 400, `"a/b"`},
		{"only the head", "HEAD", "/api/blog/posts", nil, nil, 200, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			a := r.http(t, c.method, c.path, c.body, c.header...)
			if a.status != c.status || !strings.Contains(a.Reason, c.reason) || (a.Code == "") != (c.status < 300) {
				t.Errorf("%d %s %q, want %d with %q", a.status, a.Code, a.Reason, c.status, c.reason)
			}
			if c.status == 405 && a.header.Get("Allow") != c.reason {
				t.Errorf("allowed is %q, want %q", a.header.Get("Allow"), c.reason)
			}
			for name := range a.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("there is a header %s", name)
				}
			}
		})
	}
}
