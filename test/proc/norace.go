//go:build !race

package proc

var buildFlags []string
