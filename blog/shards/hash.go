package shards

import (
	"crypto/sha256"
	"encoding/binary"
)

// Of is the number of the shard, from 0, that holds the posts of a user: the
// first 8 bytes of the SHA-256 of the user's id, big-endian, modulo the number
// of shards. It must give the same answer for ever, in any language: posts are
// where it said when they were stored. It spreads evenly whatever ids look like.
func Of(user string, shards int) int {
	sum := sha256.Sum256([]byte(user))
	return int(binary.BigEndian.Uint64(sum[:8]) % uint64(shards))
}
