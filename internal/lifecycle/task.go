package lifecycle

import "context"

// Task is a [Role] that does something once, is ready after that, and then waits for its
// end.
type Task struct {
	do    func(ctx context.Context) error
	stop  func()
	ready chan struct{}
}

// NewTask returns a role that calls do when it starts, and stop, unless it is nil, when
// it is to end.
func NewTask(do func(ctx context.Context) error, stop func()) *Task {
	return &Task{do: do, stop: stop, ready: make(chan struct{})}
}

// Ready is closed when do has succeeded.
func (t *Task) Ready() <-chan struct{} { return t.ready }

// Run returns the error of do, unless ctx has ended.
func (t *Task) Run(ctx context.Context) error {
	if err := t.do(ctx); ctx.Err() != nil {
		return nil
	} else if err != nil {
		return err
	}
	close(t.ready)
	<-ctx.Done()
	if t.stop != nil {
		t.stop()
	}
	return nil
}
