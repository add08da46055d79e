package main

import (
	"io"
	"log/slog"

	"parley/internal/cli"
)

// logFlags say what a role logs to stderr. Tools have none: what they have to
// say is their result.
type logFlags struct {
	LogLevel string `default:"info" enum:"debug,info,warn,error" env:"PARLEY_LOG_LEVEL" placeholder:"LEVEL" help:"Least level to log to stderr: debug, info, warn or error (default ${default})."`
	LogJSON  bool   `name:"log-json" env:"PARLEY_LOG_JSON" help:"Log JSON lines instead of text."`
}

// AfterApply is called by the parser.
func (f *logFlags) AfterApply(a *cli.App) error {
	a.Log = f.logger(a.Err)
	return nil
}

func (f *logFlags) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.LogLevel)); err != nil {
		panic(err) // kong has checked it against the enum
	}
	o := &slog.HandlerOptions{Level: level}
	if f.LogJSON {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
