package main

import (
	"cmp"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"parley/internal/cli"
	"parley/wire"
)

type versionCmd struct{ jsonFlag }

func (*versionCmd) Help() string {
	return `Prints the release, and from which revision and with which version of Go this program was built, as "parley --version" does. The revision of a program that was built outside of a checkout is not known.

Examples:

    parley version
    parley version --json`
}

func (*versionCmd) Run(a *cli.App) error {
	showVersion(a)
	return nil
}

// versionFlag is --version, which does the same as "parley version".
type versionFlag bool

// BeforeReset is called by the parser before it requires a command.
func (versionFlag) BeforeReset(k *kong.Kong, a *cli.App) error {
	showVersion(a)
	k.Exit(cli.ExitOK)
	return nil
}

// versionJSON is what --json prints.
type versionJSON struct {
	// Release is the version that services announce.
	Release string `json:"release"`
	// Module is the version of the main module, "(devel)" if it was built without one.
	Module string `json:"module"`
	// Revision, Time and Modified are those of the checkout, if there was one.
	// Modified reports that it had uncommitted changes.
	Revision string `json:"revision,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified *bool  `json:"modified,omitempty"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// newVersion reads the build information; info is nil if the binary has none.
func newVersion(info *debug.BuildInfo) versionJSON {
	v := versionJSON{Release: wire.Release, Module: develVersion, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if info == nil {
		return v
	}
	v.Module = cmp.Or(info.Main.Version, develVersion)
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			modified := s.Value == "true"
			v.Modified = &modified
		}
	}
	return v
}

// develVersion is what Go reports for a module without a version.
const develVersion = "(devel)"

func showVersion(a *cli.App) {
	info, _ := debug.ReadBuildInfo() // nil without modules
	v := newVersion(info)
	a.Show(v, v.print)
}

func (v *versionJSON) print(a *cli.App) {
	revision := cmp.Or(v.Revision, "not known")
	if v.Time != "" {
		revision += " of " + v.Time
	}
	if v.Modified != nil && *v.Modified {
		revision += ", modified"
	}
	a.Printf("parley %s\n", v.Release)
	a.Facts("module", v.Module, "revision", revision, "go", v.Go+" "+v.OS+"/"+v.Arch)
}
