// Package e2e holds tests of the program as people run it: real processes of
// the real binary on real brokers, killed with SIGKILL where it hurts most and
// started again, and then held against what was promised.
//
// The crash table (TestCrashPoints) has one row for each durable step of the
// protocol and each process that can die there. `make test` runs it; with
// -long every row is played several times, with other orders around.
//
//	go test -race -shuffle=on ./test/e2e
//	go test -v -run TestCrashPoints ./test/e2e -args -long
package e2e
