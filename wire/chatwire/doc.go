// Package chatwire defines what gateways and services exchange about rooms:
// subjects, messages, and the stream that stores them. The protocol between
// gateways and browsers is in package frame.
package chatwire
