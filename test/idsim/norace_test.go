//go:build !race

package idsim

const raceEnabled = false
