package proc

import "syscall"

// attributes of a process under test: when this one dies without its clean-up
// (a panic, a time-out of the whole run), the kernel ends the process.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
