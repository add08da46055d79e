package main

import (
	"parley/participants/delivery"
	"parley/participants/food"
	"parley/participants/inventory"
)

// sampleFlag chooses what a new database starts with: a small town to play
// with, or one that no benchmark exhausts.
type sampleFlag struct {
	Sample string `default:"food" enum:"food,bench" hidden:"" help:"What a new database starts with: food or bench."`
}

// items is inventory's start.
func (f sampleFlag) items() []food.Item {
	if f.Sample == "bench" {
		return inventory.Bench()
	}
	return inventory.Sample()
}

// couriers is delivery's start.
func (f sampleFlag) couriers() []food.Courier {
	if f.Sample == "bench" {
		return delivery.Bench()
	}
	return delivery.Sample()
}
