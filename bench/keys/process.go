package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is the process of one table, seen from the one that measures.
type process struct {
	kind kind
	// rows and spent are as of the last answer.
	rows  int
	spent spent

	cmd     *exec.Cmd
	stdin   io.Closer
	stderr  bytes.Buffer
	orders  *json.Encoder
	answers chan answer
	// broken is why answers ended.
	broken error
}

// workerStop bounds how long a process may take to end a batch and close its
// table.
const workerStop = 30 * time.Second

// startProcess opens an empty table in dir in a process of its own.
func startProcess(ctx context.Context, k kind, dir string, cacheMB int, seed uint64) (p *process, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	p = &process{kind: k, cmd: exec.Command(program, workerArgument), answers: make(chan answer)}
	// A Ctrl-C in the terminal goes to the process that measures, which ends
	// this one.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Stderr = &p.stderr
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a process for %s: %w", k.name, err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a process for %s: %w", k.name, err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a process for %s: %w", k.name, err)
	}
	p.stdin, p.orders = stdin, json.NewEncoder(stdin)
	go p.listen(stdout)
	if _, err := p.do(ctx, order{Do: "open", Dir: dir, Kind: k.name, CacheMB: cacheMB, Seed: seed}); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// listen passes answers on until there are no more, and then sees the process
// end.
func (p *process) listen(stdout io.Reader) {
	d := json.NewDecoder(stdout)
	for {
		var a answer
		if err := d.Decode(&a); err != nil {
			break
		}
		p.answers <- a
	}
	if err := p.cmd.Wait(); err != nil {
		p.broken = fmt.Errorf("the process of %s ended with %w: %s", p.kind.name, err, bytes.TrimSpace(p.stderr.Bytes()))
	}
	close(p.answers)
}

// do executes an order. After ctx has ended only stop may follow, which also returns
// why a process ended by itself.
func (p *process) do(ctx context.Context, o order) (answer, error) {
	if err := p.orders.Encode(o); err != nil {
		return answer{}, fmt.Errorf("%s of %s: %w", o.Do, p.kind.name, err)
	}
	select {
	case a, ok := <-p.answers:
		if !ok {
			return answer{}, fmt.Errorf("%s of %s was not answered", o.Do, p.kind.name)
		}
		p.rows, p.spent = a.Rows, a.Spent
		if a.Error != "" {
			return a, errors.New(a.Error)
		}
		return a, nil
	case <-ctx.Done():
		return answer{}, context.Cause(ctx)
	}
}

// grow adds rows and returns their cost.
func (p *process) grow(ctx context.Context, rows, batch int) (spent, error) {
	before := p.spent
	_, err := p.do(ctx, order{Do: "grow", Rows: rows, Batch: batch})
	return p.spent.minus(before), err
}

// stop lets the process close its table, or ends it.
func (p *process) stop() error {
	err := p.stdin.Close()
	late := time.NewTimer(workerStop)
	defer late.Stop()
	for {
		select {
		case _, ok := <-p.answers: // an answer that was given up
			if !ok {
				return errors.Join(err, p.broken)
			}
		case <-late.C:
			err = errors.Join(err, fmt.Errorf("the process of %s did not end within %v and was killed", p.kind.name, workerStop), p.cmd.Process.Kill())
		}
	}
}
