// Package chaos runs a whole cluster as processes, keeps it busy, breaks it, and
// then compares every answer that clients received with everything that the
// cluster has.
//
// It has five parts, which know each other only as far as they must:
//
//	folder   part      what it does
//	traffic  traffic   asks for orders, IDs, posts and chat, all the time
//	faults   faults    plans from a seed what is broken and when, and does it
//	(test)   model     the answers that clients received, and nothing else
//	(test)   checker   compares the model with the stores: the rules
//	logs     checker   commit logs, linearizable
//	report   report    writes it down, with a picture
//
// This folder has the processes and puts the parts together:
//
//	file      noun
//	harness   the processes of a cluster on hosts of their own
//	break     what faults do to the harness
//	doubt     measures what is in doubt, again and again
//	run       a run, from the start of the cluster to the report
//
// `make chaos` runs it for two minutes; docs/RELIABILITY.md has what is
// promised and what was seen.
package chaos
