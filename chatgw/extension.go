package chatgw

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"parley/chatgw/frame"
	"parley/chatgw/socket"
	"parley/wire"
)

// Extension lets an application use the connections of the gateway's clients for
// frames of its own, see [frame.Extension]. The gateway applies its limits to them
// as to all frames, and does not read their bodies. All functions may be called for
// several clients at the same time.
type Extension struct {
	// Name is that of its frames, see [frame.CheckExtensionName].
	Name string
	// Opened, if set, is called once for each client, when it has been welcomed. It
	// must not block.
	Opened func(Client)
	// Handle acts on one frame. The frames of one client come one after another, of
	// all extensions and of the chat, and the next one waits until Handle returns:
	// what takes longer is done in [Client.Go]. An error is sent as the answer to
	// the frame: a [*wire.Error] with its code. Who may do what is for the
	// extension to decide, by [Client.Claims].
	Handle func(context.Context, Client, Request) error
	// Closed, if set, is called once for each client that Opened was called for,
	// after the last Handle. Functions of Client.Go may still run.
	Closed func(Client)
}

// Request is one frame of a client: Ref, if not zero, is to be answered.
type Request struct {
	Ref  int64
	Body json.RawMessage
}

// Client is one connection of a person, as an extension sees it. It is comparable.
// Its methods may be called at any time, and do nothing once it is not connected.
type Client struct {
	session *session
	name    string // of the extension
}

// Bounds of [Client.Go].
const (
	// maxRunning bounds what runs for one client and extension: a page requests two or
	// three things at the same time.
	maxRunning = 16
	// maxRunningAll bounds what runs for all clients: each is a goroutine, and
	// most often a request to a service.
	maxRunningAll = 1024
)

// User returns who it is, and whether by a chosen name alone.
func (c Client) User() (user string, guest bool) { return c.session.person.name, c.session.guest }

// Claims returns what the client's token claims, as it was signed; nil for a guest.
func (c Client) Claims() json.RawMessage { return c.session.claims }

// Send sends a value as JSON: as the answer to the frame with that ref or, if it is
// zero, unasked. It does not block. A client that is too far behind is closed, see
// [socket.Config].
func (c Client) Send(ref int64, body any) error {
	data, err := encodeBody(body)
	if err == nil {
		c.session.Send(frame.Encode(frame.Extension{Ref: ref, Name: c.name, Body: data}))
	}
	return err
}

// Go runs f in a goroutine and sends what it returns as the answer to a request, if
// that has a ref; an error always. The context ends with the gateway. Too many that
// run already are an error with the code busy.
func (c Client) Go(r Request, f func(context.Context) (any, error)) error {
	s, g := c.session, c.session.gateway
	if all, own := g.running.Add(1), s.running.Add(1); own > maxRunning || all > maxRunningAll {
		c.done()
		return wire.Errorf(wire.CodeBusy, "%d requests of this client are under way, and %d of all; the limits are %d and %d", own-1, all-1, maxRunning, maxRunningAll)
	}
	g.work.Go(func() {
		defer c.done()
		body, err := f(g.background)
		if err == nil && r.Ref != 0 {
			err = c.Send(r.Ref, body)
		}
		if err != nil {
			s.refuse(&frame.Extension{Ref: r.Ref, Name: c.name}, err)
		}
	})
	return nil
}

func (c Client) done() {
	c.session.running.Add(-1)
	c.session.gateway.running.Add(-1)
}

// Broadcast sends one value to many clients of one extension, unasked. It is encoded
// once, and may wait a moment so that several values share one write.
func Broadcast(to iter.Seq[Client], body any) error {
	data, err := encodeBody(body)
	if err != nil {
		return err
	}
	var whole []byte
	for c := range to {
		if whole == nil {
			whole = socket.Text(frame.Encode(frame.Extension{Name: c.name, Body: data}))
		}
		c.session.conn.Push(whole)
	}
	return nil
}

func encodeBody(body any) (json.RawMessage, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("chatgw: encoding the body of an extension: %w", err)
	}
	if len(data) > frame.MaxBody {
		return nil, fmt.Errorf("chatgw: the body of an extension has %d bytes, the limit is %d", len(data), frame.MaxBody)
	}
	return data, nil
}

// DecodeBody reads the body of a [Request]. A field that T does not have is an
// error, which has the code invalid.
func DecodeBody[T any](body json.RawMessage) (v T, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, wire.Invalidf("the body is malformed: %v", err)
	}
	return v, nil
}

// Unavailable gives an error the code unavailable, unless it has a code or is nil: a
// service that an extension needs could not be reached.
func Unavailable(err error) error {
	if _, ok := errors.AsType[*wire.Error](err); ok || err == nil {
		return err
	}
	return &wire.Error{Code: wire.CodeUnavailable, Text: err.Error()}
}

func checkExtensions(all []Extension) error {
	names := map[string]bool{}
	for _, x := range all {
		switch err := frame.CheckExtensionName(x.Name); {
		case err != nil:
			return fmt.Errorf("chatgw: extension: %w", err)
		case names[x.Name]:
			return fmt.Errorf("chatgw: two extensions have the name %q", x.Name)
		case x.Handle == nil:
			return fmt.Errorf("chatgw: the extension %q has no Handle", x.Name)
		}
		names[x.Name] = true
	}
	return nil
}

// extend acts on a frame of an extension.
func (s *session) extend(ctx context.Context, f *frame.Extension) error {
	for _, x := range s.gateway.deps.Extensions {
		if x.Name == f.Name {
			return x.Handle(ctx, Client{s, x.Name}, Request{Ref: f.Ref, Body: f.Body})
		}
	}
	return wire.Errorf(wire.CodeNotFound, "this gateway has no extension %q", f.Name)
}

// opened and closed notify the extensions that a client connected or disconnected.
func (s *session) opened() {
	for _, x := range s.gateway.deps.Extensions {
		if x.Opened != nil {
			x.Opened(Client{s, x.Name})
		}
	}
}

func (s *session) closed() {
	for _, x := range s.gateway.deps.Extensions {
		if x.Closed != nil {
			x.Closed(Client{s, x.Name})
		}
	}
}
