// Package blogwire is what the blog and its clients say to each other.
package blogwire
