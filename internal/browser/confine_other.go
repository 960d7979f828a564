//go:build !linux

package browser

import (
	"errors"
	"os/exec"
)

// confine cannot take the network from a child here.
func confine(*exec.Cmd) error { return errors.ErrUnsupported }

func kill(cmd *exec.Cmd) {
	// That it has ended already is as good.
	_ = cmd.Process.Kill()
}
