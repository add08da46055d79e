package main

import (
	bwmarrin "github.com/bwmarrin/snowflake"
	"github.com/google/uuid"
	"github.com/sony/sonyflake/v2"
)

func openBwmarrin() (maker, error) {
	node, err := bwmarrin.NewNode(1)
	if err != nil {
		return maker{}, err
	}
	return maker{
		spend: func(n int) error {
			for range n {
				node.Generate()
			}
			return nil
		},
		one: func() (uuid.UUID, error) { return fromInt(node.Generate().Int64()), nil },
	}, nil
}

func openSonyflake() (maker, error) {
	// A number of its own, since not every machine has a private address.
	s, err := sonyflake.New(sonyflake.Settings{MachineID: func() (int, error) { return 1, nil }})
	if err != nil {
		return maker{}, err
	}
	return maker{
		spend: func(n int) error {
			for range n {
				if _, err := s.NextID(); err != nil {
					return err
				}
			}
			return nil
		},
		one: func() (uuid.UUID, error) { id, err := s.NextID(); return fromInt(id), err },
	}, nil
}

func openUUID(next func() (uuid.UUID, error)) maker {
	return maker{
		spend: func(n int) error {
			for range n {
				if _, err := next(); err != nil {
					return err
				}
			}
			return nil
		},
		one: next,
	}
}
