// Package cluster says of which processes a cluster on machines of your own
// consists: three brokers, two coordinators, the participants, three idworkers,
// two gateways and the blog, each a process of the one program. It is a plan
// and nothing else: it starts nothing, opens nothing and knows no machine. So
// `parley cluster`, the containers of docker-compose.yml and the tests that
// break clusters are all of the same shape.
//
// Rules:
//
//   - A process is started when all of the lower stages are ready, and stopped
//     when all of the higher ones have ended. So whoever is in the middle of
//     something still finds those it needs to finish it.
//   - Between the brokers and the rest the streams have to be created, once,
//     with the command line of [Init]. No role does that, see package
//     internal/streams.
//   - What a process keeps is in a directory of its own, and of its name.
//   - Every process is given the addresses of all brokers, so that the death of
//     one is nothing but a reconnect.
//
// The stages, and why in this order:
//
//	0  brokers                         everything else talks over them
//	1  inventory, delivery, idworkers  answer questions, ask none at their start
//	2  coordinators                    finish what is under way before those above are gone
//	3  blog, gateways                  need IDs; nobody needs them
//
// Files:
//
//	plan.go   Plan, Process: who takes part and how each is started
//	place.go  Place: where each listens; the ports of a cluster on one machine
package cluster
