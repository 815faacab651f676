package serve

import (
	"errors"
	"syscall"
)

// Windows has its own numbers, which package syscall does not name. A port
// inside a range that the system excluded, as Hyper-V does, is refused as
// access denied; to a user that is a port to stay away from all the same.
const (
	wsaAddressInUse = syscall.Errno(10048)
	wsaAccess       = syscall.Errno(10013)
)

func isTaken(err error) bool {
	return errors.Is(err, wsaAddressInUse) || errors.Is(err, wsaAccess)
}
