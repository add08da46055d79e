package blog_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"parley/blog"
	"parley/broker/brokertest"
	"parley/wire/blogwire"
)

// BenchmarkNATS posts and reads as clients do: requests over NATS, 256 at a
// time, to a blog on 8 SQLite files.
func BenchmarkNATS(b *testing.B) {
	r := start(b, brokertest.Run(b), blog.Config{Dir: b.TempDir(), Shards: 8}, new(counter).next)
	for name, request := range map[string]func(i int64) (subject string, request []byte){
		"post": func(i int64) (string, []byte) {
			return blogwire.SubjectPost, newPost(fmt.Sprintf("user-%d", i%1000), "a text of a few words, as they are", fmt.Sprintf("%d-%d", b.N, i))
		},
		"timeline": func(i int64) (string, []byte) {
			return blogwire.SubjectTimeline, []byte(`{"v":1,"limit":20}`)
		},
	} {
		b.Run(name, func(b *testing.B) {
			var next atomic.Int64
			var clients sync.WaitGroup
			for range 256 {
				clients.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						subject, data := request(i)
						if a := r.request(b, subject, data); a.Code != "" {
							b.Error(a.Reason)
							return
						}
					}
				})
			}
			clients.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}
