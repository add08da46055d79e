// Package chatwire has the messages between gateways and services about rooms:
// subjects, messages, and the stream that stores them. The messages between gateways and browsers
// are in package frame.
package chatwire
