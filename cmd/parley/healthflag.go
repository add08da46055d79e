package main

// healthFlag opens an address where a process says whether it serves, for
// whoever supervises it. Gateways say so to browsers' proxies as well, on the
// address of the page.
type healthFlag struct {
	Health string `env:"PARLEY_HEALTH" placeholder:"HOST:PORT" help:"Where /healthz answers 200 while this process serves, and 503 with the reason while it does not; off by default."`
}
