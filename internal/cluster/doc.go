// Package cluster defines the processes of a cluster: three brokers, two
// coordinators, the participants, three idworkers, two gateways and the blog, each a
// process of the one program. It is only a plan: it starts nothing and opens
// nothing. It is the same for `parley cluster`, the containers of
// docker-compose.yml and the tests that break clusters.
//
// Rules:
//
//   - A process is started when all of the lower stages are ready, and stopped
//     when all of the higher ones have ended. So a process that finishes its
//     work can still reach those that it needs for that.
//   - Between the brokers and the rest the streams have to be created, once,
//     with the command line of [Init]. No role does that, see package
//     internal/streams.
//   - Each process stores its data in a separate directory, named after it.
//   - Every process is given the addresses of all brokers, so that the death of
//     one causes only a reconnect.
//
// The stages, and why in this order:
//
//	0  brokers                         everything else talks over them
//	1  inventory, delivery, idworkers  answer requests, send none at their start
//	2  coordinators                    finish their transactions before those above stop
//	3  blog, gateways                  need IDs; no other process needs them
//
// Files:
//
//	plan.go   Plan, Process: the processes and how each is started
//	place.go  Place: where each listens; the ports of a cluster on one machine
package cluster
