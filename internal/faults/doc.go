// Package faults has roles that can be killed and brought back on purpose, at a chosen
// step of the protocol, from the page.
package faults
