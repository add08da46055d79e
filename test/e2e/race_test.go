//go:build race

package e2e

// buildFlags: the processes are watched for races when the tests are.
var buildFlags = []string{"-race"}
