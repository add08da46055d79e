package natsconn

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

const redacted = "xxxxx"

// Redact replaces passwords and tokens in a NATS URL, or in several separated
// by commas, which may be malformed.
func Redact(urls string) string {
	parts := strings.Split(urls, ",")
	for i, p := range parts {
		scheme, rest, ok := strings.Cut(p, "://")
		if !ok {
			scheme, rest = "", p
		} else {
			scheme += "://"
		}
		at := strings.LastIndexByte(rest, '@')
		if at < 0 {
			continue
		}
		secret := redacted // nats://token@host: a lone user is a token
		if user, _, ok := strings.Cut(rest[:at], ":"); ok {
			secret = user + ":" + redacted
		}
		parts[i] = scheme + secret + rest[at:]
	}
	return strings.Join(parts, ",")
}

// checkURL refuses the URLs that the client would refuse with an error that
// contains the password.
func checkURL(urls string) error {
	if strings.TrimSpace(urls) == "" {
		return errors.New("the NATS URL is empty: give one as in nats://127.0.0.1:4222")
	}
	for p := range strings.SplitSeq(urls, ",") {
		p = strings.TrimSpace(p)
		if !strings.Contains(p, "://") {
			p = "nats://" + p
		}
		u, err := url.Parse(p)
		if err != nil {
			// url.Error repeats the whole URL; its inner error may repeat the
			// part with the password, so neither is passed on.
			return fmt.Errorf("the NATS URL %q is malformed: it must be like nats://HOST:PORT or nats://USER:PASSWORD@HOST:PORT, with special characters in the password percent-encoded", Redact(p))
		}
		switch u.Scheme {
		case "nats", "tls", "ws", "wss":
		default:
			return fmt.Errorf("the NATS URL %q has the scheme %q: allowed are nats, tls, ws and wss", Redact(p), u.Scheme)
		}
		if u.Hostname() == "" {
			return fmt.Errorf("the NATS URL %q has no host", Redact(p))
		}
	}
	return nil
}
