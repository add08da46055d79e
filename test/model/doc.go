// Package model has the answers that clients received: each order, ID, post and message
// that somebody asked for, with every answer that came. It judges nothing;
// package checker does. It is the only thing that traffic and checker share, so
// that the checker cannot rely on what no client received.
//
//	file     noun
//	order    an order and its answers
//	history  everything that clients wrote down
//	sample   the state of the cluster at a moment, for the picture
package model
