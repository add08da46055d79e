// Package mappers tests that what teams have for their database runs inside the
// transaction of a journal: code that sqlc generated (package store), and the mapper bun. It is a module of its own, so that the product does not
// require them.
package mappers
