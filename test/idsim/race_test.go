//go:build race

package idsim

const raceEnabled = true
