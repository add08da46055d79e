// Tier runs what a change has to pass, in three tiers, each with one command:
//
//	make quick   what a developer runs all the time: at most two minutes, nothing to install
//	make test    what every change must pass: at most ten minutes
//	make proof   everything else, minutes to hours, resumable
//
// The tiers are data, see plan.go: each step names the command that it runs and
// what that proves. Tier runs the steps in turn, prints each package as it ends,
// the output of what failed, and, at the end, where the time went. A step that
// fails does not end the run: one run shows everything that is broken. The exit
// code is 0 if every step passed, 1 if one failed, 2 for a wrong command line.
//
// What a test counts (explored states, caught variants, crashes) it reports as an
// attribute, see [testing.T.Attr]; the sums are in the summary.
package main
