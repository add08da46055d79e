// Package chaos runs a whole cluster as processes, keeps it busy, breaks it, and
// then holds everything that clients were told against everything that the
// system has.
//
// It has five parts, which know each other only as far as they must:
//
//	folder   part      what it does
//	traffic  traffic   asks for orders, IDs, posts and chat, all the time
//	faults   faults    says from a seed what is broken and when, and has it done
//	model    model     what clients were told, and nothing else
//	checker  checker   holds the model against the stores: the rules
//	report   report    writes it down, with a picture
//
// This folder has the processes and puts the parts together:
//
//	file      noun
//	harness   the processes of a cluster on hosts of their own
//	break     what faults do to the harness
//	doubt     looks at what is in doubt, again and again
//	run       a run, from the start of the cluster to the report
//
// `make chaos` runs it for two minutes; docs/RELIABILITY.md says what is
// promised and what was seen.
package chaos
