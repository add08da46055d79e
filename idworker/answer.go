package idworker

import (
	"strconv"

	"parley/idworker/snowflake"
	"parley/wire"
	"parley/wire/idwire"
)

// Requests and answers of the hot path are decoded and encoded here without
// reflection where that is simple. A test checks that they equal the output of
// package wire byte for byte.

// oneID is the request for one ID as [wire.Encode] writes it.
const oneID = `{"v":1,"count":1}`

// readNext returns the number of IDs requested. An empty request requests one.
func readNext(data []byte) (int, error) {
	if len(data) == 0 || string(data) == oneID {
		return 1, nil
	}
	m, err := wire.Decode[idwire.Request](data)
	return m.Count, err
}

func readGrant(data []byte) (int, error) {
	m, err := wire.Decode[idwire.GrantRequest](data)
	return m.Count, err
}

// idBytes is the size of one ID in an answer.
const idBytes = len(`"288230376151711743",`)

// appendIDs appends a [idwire.IDs] with the IDs of a block.
func appendIDs(b []byte, block snowflake.Block) []byte {
	if b == nil {
		b = make([]byte, 0, len(`{"v":1,"ids":[]}`)+idBytes*block.Count)
	}
	b = append(b, `{"v":1,"ids":[`...)
	for i := range block.Count {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = strconv.AppendInt(b, int64(block.At(i)), 10)
		b = append(b, '"')
	}
	return append(b, `]}`...)
}

// appendGrant appends a [idwire.Grant] of a block.
func appendGrant(b []byte, block snowflake.Block) []byte {
	b = append(b, `{"v":1,"worker":`...)
	b = strconv.AppendInt(b, int64(block.Worker), 10)
	b = append(b, `,"start":`...)
	b = strconv.AppendInt(b, block.Start, 10)
	b = append(b, `,"count":`...)
	b = strconv.AppendInt(b, int64(block.Count), 10)
	return append(b, '}')
}
