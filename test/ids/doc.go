// Package ids runs many idworker processes on a real broker, breaks them in
// every way it knows, and checks every ID they give: none twice, and each
// worker number's in ascending order.
//
// It has five parts: the census (census.go) is the model and checker, the
// traffic (traffic_test.go) asks for IDs, the faults (faults_test.go) are drawn
// from a seed, the harness (harness_test.go) is the processes, and the test reports.
package ids
