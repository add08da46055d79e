package hosts

import (
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

const (
	device = "parley0"
	// mtu is large to keep packets few: each costs two system calls. An IP packet
	// has at most 65,535 bytes.
	mtu = 60_000
)

// openTUN makes the device in the namespace of the calling thread, and sets it up
// with addr in a network of 256. It exists until the file is closed.
func openTUN(addr netip.Addr) (*os.File, error) {
	const path = "/dev/net/tun"
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w; it must exist (modprobe tun; in a container: --device %[1]s) and be open to this user (chmod 666 %[1]s)", path, err)
	}
	f, err := attach(fd, addr)
	if err != nil {
		unix.Close(fd)
	}
	return f, err
}

func attach(fd int, addr netip.Addr) (*os.File, error) {
	req, err := unix.NewIfreq(device)
	if err != nil {
		return nil, err
	}
	req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI) // packets as they are, nothing before them
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		return nil, fmt.Errorf("making the device %s: %w; one network exists at a time, and it needs CAP_NET_ADMIN in its namespace", device, err)
	}
	set := func(what string, request uint, fill func(*unix.Ifreq) error) {
		if err == nil {
			err = configure(device, what, request, fill)
		}
	}
	set("address", unix.SIOCSIFADDR, func(r *unix.Ifreq) error { return r.SetInet4Addr(addr.AsSlice()) })
	set("netmask", unix.SIOCSIFNETMASK, func(r *unix.Ifreq) error { return r.SetInet4Addr([]byte{255, 255, 255, 0}) })
	set("MTU", unix.SIOCSIFMTU, func(r *unix.Ifreq) error { r.SetUint32(mtu); return nil })
	if err == nil {
		err = up(device)
	}
	if err != nil {
		return nil, err
	}
	// Only now: a file that is polled before it has a device reports an error for
	// ever.
	return os.NewFile(uintptr(fd), device), nil
}

// up switches a device on, in the namespace of the calling thread.
func up(name string) error {
	return configure(name, "state", unix.SIOCSIFFLAGS, func(r *unix.Ifreq) error {
		r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
		return nil
	})
}

// configure changes one setting of a device. Any socket will do to ask the
// namespace's kernel for it.
func configure(name, what string, request uint, fill func(*unix.Ifreq) error) error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("setting the %s of %s: %w", what, name, err)
	}
	defer unix.Close(socket)
	req, err := unix.NewIfreq(name)
	if err == nil {
		err = fill(req)
	}
	if err == nil {
		err = unix.IoctlIfreq(socket, request, req)
	}
	if err != nil {
		return fmt.Errorf("setting the %s of %s: %w", what, name, err)
	}
	return nil
}
