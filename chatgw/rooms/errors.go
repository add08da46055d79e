package rooms

import (
	"fmt"

	"parley/wire"
)

func unavailable(format string, args ...any) error {
	return &wire.Error{Code: wire.CodeUnavailable, Text: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error {
	return &wire.Error{Code: wire.CodeInvalid, Text: fmt.Sprintf(format, args...)}
}

func busy(format string, args ...any) error {
	return &wire.Error{Code: wire.CodeBusy, Text: fmt.Sprintf(format, args...)}
}
