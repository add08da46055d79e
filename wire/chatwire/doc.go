// Package chatwire is what gateways and services say to each other about rooms:
// subjects, messages, and the stream that stores them. What gateways and browsers
// say to each other is in package frame.
package chatwire
