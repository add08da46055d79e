//go:build race

package proc

// buildFlags: the processes are watched for races when the tests are.
var buildFlags = []string{"-race"}
