// Package status looks at a whole system, asks everybody at once, and shows what
// answers and what does not: processes, brokers, streams, leases, what is in doubt, and
// rates between two looks.
package status
