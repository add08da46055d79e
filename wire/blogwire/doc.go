// Package blogwire has the messages between the blog and its clients.
package blogwire
