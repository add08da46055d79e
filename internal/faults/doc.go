// Package faults has roles that can be killed and started again on purpose, at a chosen
// step of the protocol, so that a person sees what happens, and the extension of the
// chat gateway by which the page does it.
//
// A role that is to die moves into a process of its own first, and dies there by
// SIGKILL, as in an accident: nothing of it is left but what is durable.
package faults
