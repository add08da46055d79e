package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"parley/chatgw/chatclient"
	"parley/chatgw/frame"
	"parley/internal/cli"
	"parley/wire"
	"parley/wire/chatwire"
)

type chatCmd struct {
	jsonFlag
	Room      string `arg:"" help:"The room: a-z, 0-9 and '-'."`
	Gateway   string `default:"http://127.0.0.1:8080" env:"PARLEY_GATEWAY" placeholder:"URL" help:"Where a chat gateway listens (default ${default})."`
	Name      string `env:"USER" placeholder:"NAME" help:"Your name as a guest (default: the user's)."`
	TokenFile string `env:"PARLEY_TOKEN_FILE" type:"path" placeholder:"FILE" help:"File with a token, instead of a name."`
	History   int    `default:"20" placeholder:"N" help:"How many earlier messages to show, at most ${max_history} (default ${default})."`
	Follow    bool   `help:"Go on reading when standard input ends."`
}

func (*chatCmd) Help() string {
	return `Shows a room and sends each line that you type to it as a message. It reconnects by itself and shows every message once. When standard input ends it waits until all lines are acknowledged, and exits; it fails when it has not reached the room 10 s later.

Examples:

    parley chat general
    parley chat general --name ada --gateway http://chat.example:8080
    echo 'the oven is hot' | parley chat kitchen --name oven
    parley chat general --follow --json`
}

func (c *chatCmd) Validate() error {
	if c.History < 0 || c.History > frame.MaxPage {
		return fmt.Errorf("--history is %d, allowed is 0 to %d", c.History, frame.MaxPage)
	}
	return chatwire.CheckRoom(c.Room)
}

// maxLine bounds a line of standard input in bytes.
const maxLine = 64 << 10

func (c *chatCmd) Run(ctx context.Context, a *cli.App) error {
	cfg := chatclient.Config{URL: c.Gateway, Name: c.Name}
	if c.TokenFile != "" {
		token, err := os.ReadFile(c.TokenFile)
		if err != nil {
			return cli.Wrong(fmt.Errorf("--token-file: %w", err), "")
		}
		cfg.Token = strings.TrimSpace(string(token))
	} else if err := wire.CheckUser(c.Name); err != nil {
		return cli.Wrong(fmt.Errorf("--name: %w", err), "choose another one with --name NAME")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &chatPrinter{app: a, show: c.History, shown: make(chan struct{})}
	s := chatclient.NewSession(cfg, p.events())
	var talking sync.WaitGroup
	talking.Go(func() {
		if c.talk(ctx, a.In, s, p) && !c.Follow {
			cancel()
		}
	})
	err := s.Run(ctx)
	cancel()
	if closed := (*chatclient.Closed)(nil); errors.As(err, &closed) {
		return cli.Failed(err, "look at the name, the token and the gateway's address")
	}
	if err != nil {
		return cli.Failed(err, "start a gateway with `parley up` or `parley chatgw`, or name another one with --gateway")
	}
	if p.failed.Load() {
		return cli.Ended(cli.ExitFailed)
	}
	return nil
}

// talk sends every line of in, and waits until all of them are acknowledged or
// refused. It reports whether it got that far.
func (c *chatCmd) talk(ctx context.Context, in io.Reader, s *chatclient.Session, p *chatPrinter) bool {
	if s.Join(ctx, c.Room) != nil {
		return false
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		if err := chatwire.CheckText(lines.Text()); err != nil {
			p.complain(err.Error())
			continue
		}
		if err := sendLine(ctx, s, c.Room, lines.Text()); err != nil {
			if ctx.Err() != nil {
				return false
			}
			p.complain(err.Error())
			break
		}
	}
	if err := lines.Err(); err != nil {
		p.complain(fmt.Sprintf("standard input: %v (a line may have %d bytes)", err, maxLine))
	}
	if err := p.awaitRoom(ctx); err != nil {
		if ctx.Err() != nil {
			return false
		}
		p.complain(err.Error())
		return true
	}
	return s.Flush(ctx) == nil
}

// roomWithin bounds the wait for a room from the end of standard input. Before
// that a person may wait for a gateway as long as they like; what has no person
// in front of it must end.
const roomWithin = 10 * time.Second

// awaitRoom waits until the room was shown or refused: empty input shows it at
// least, and lines that cannot be sent are not kept for ever.
func (p *chatPrinter) awaitRoom(ctx context.Context) error {
	late := time.NewTimer(roomWithin)
	defer late.Stop()
	select {
	case <-p.shown:
		return nil
	case <-late.C:
		return fmt.Errorf("the room was not reached within %v, nothing was sent: start a gateway with `parley up` or `parley chatgw`, or name another one with --gateway URL", roomWithin)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// sendLine sends a line, once the session's outbox has space for it.
func sendLine(ctx context.Context, s *chatclient.Session, room, text string) error {
	_, err := s.Send(ctx, room, text)
	if errors.Is(err, chatclient.ErrFull) {
		if err = s.Flush(ctx); err == nil {
			_, err = s.Send(ctx, room, text)
		}
	}
	return err
}

// chatPrinter prints the events of a session.
type chatPrinter struct {
	app  *cli.App
	show int

	// failed is set when a line is not, or not for certain, in the room.
	failed atomic.Bool
	begun  bool
	// shown is closed when the room was shown, or refused.
	shown     chan struct{}
	showsOnce sync.Once
}

func (p *chatPrinter) events() chatclient.Events {
	return chatclient.Events{
		Down: func(why error, retry time.Duration) {
			p.note(fmt.Sprintf("not connected, trying again in %v: %v", retry.Round(100*time.Millisecond), why))
		},
		Reset:    p.reset,
		Received: p.printMessage,
		Unsent: func(_, _, text, why string, unknown bool) {
			if unknown {
				why = "whether it is in the room is not known: " + why
			}
			p.complain(fmt.Sprintf("%q: %s", text, why))
		},
		Other: func(f frame.FromGateway) {
			if e, ok := f.(*frame.Error); ok {
				p.complain(e.Reason)
				p.showsOnce.Do(func() { close(p.shown) })
			}
		},
	}
}

func (p *chatPrinter) reset(j frame.Joined) {
	if p.begun {
		p.note("what was missed cannot be had any more; these are the newest")
	}
	p.begun = true
	for _, m := range j.Messages[max(0, len(j.Messages)-p.show):] {
		p.printMessage(j.Room, m)
	}
	p.showsOnce.Do(func() { close(p.shown) })
}

func (p *chatPrinter) printMessage(room string, m frame.Message) {
	if p.app.JSON {
		m.Room = room
		p.app.PrintJSON(m)
		return
	}
	at := time.UnixMilli(m.At).Format("15:04:05")
	switch m.Kind {
	case chatwire.KindJoin:
		p.app.Printf("%s  * %s came\n", at, m.User)
	case chatwire.KindLeave:
		p.app.Printf("%s  * %s left\n", at, m.User)
	default:
		for i, line := range strings.Split(m.Text, "\n") {
			if i == 0 {
				p.app.Printf("%s  %s: %s\n", at, m.User, cli.Printable(line))
			} else {
				p.app.Printf("          %s\n", cli.Printable(line))
			}
		}
	}
}

// note is for people alone.
func (p *chatPrinter) note(text string) { fmt.Fprintf(p.app.Err, "parley: %s\n", cli.Printable(text)) }

func (p *chatPrinter) complain(text string) {
	p.failed.Store(true)
	p.note(text)
}
