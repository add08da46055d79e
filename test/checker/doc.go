// Package checker compares the answers that clients received with what the stores have,
// when everything has healed and has been stopped. Where it can, it asks no process
// but reads the participants' databases and the streams, so that a process which misleads
// its clients does not mislead the checker too.
//
// The rules are the constants of type [Rule]. For each of them there is a test
// with a handmade history, and for each that the product could break a
// broken variant of the product that is caught (test/chaos).
//
// Files:
//
//	file     noun
//	rule     what can be broken
//	all      compares everything with everything
//	stores   what the system has
//	ask      asking running participants
//	journal  reading a participant's database
//	orders   I1, I2, I4: atomic, as answered, one commit for a key
//	events   published once if committed
//	lost     what a restored journal has lost, of which nothing is promised
//	goods    stock and couriers are conserved
//	posts    the blog
//	chat     rooms, with the checker of test/chat
//	trace    what coordinators wrote down that they did to the logs
package checker
