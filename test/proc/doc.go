// Package proc runs the program as processes, for tests: real ones, with real
// signals. A [Program] is built once for a test binary, see [TestMain]; a [Process] is
// one that runs until it is stopped, and is killed when its test ends; a [Broker] has
// every stream, and [Program.StartCluster] starts the processes of a cluster.
package proc
