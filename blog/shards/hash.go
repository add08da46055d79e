package shards

import (
	"crypto/sha256"
	"encoding/binary"
)

// Of is the number of the shard, from 0, that holds the posts of a user: the
// first 8 bytes of the SHA-256 of the user's id, big-endian, modulo the number
// of shards. It must have the same result for ever, in any language: posts stay where they
// were stored. It spreads evenly whatever IDs look like.
func Of(user string, shards int) int {
	sum := sha256.Sum256([]byte(user))
	return int(binary.BigEndian.Uint64(sum[:8]) % uint64(shards))
}
