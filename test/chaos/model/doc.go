// Package model is what clients were told: each order, ID, post and message
// that somebody asked for, with every answer that came. It judges nothing;
// package checker does. It is the only thing that traffic and checker share, so
// that the checker cannot believe what no client was told.
//
//	file     noun
//	order    an order and its answers
//	history  everything that clients wrote down
//	sample   what the system looked like at a moment, for the picture
package model
