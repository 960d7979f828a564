package official

import (
	"os"
	"os/exec"
	"syscall"
)

// confine takes the network from a child: it gets a
// network of its own with nothing in it, in a process group that is killed as a
// whole.
func confine(cmd *exec.Cmd) error {
	attr := &syscall.SysProcAttr{Setpgid: true, Cloneflags: syscall.CLONE_NEWNET}
	if uid := os.Getuid(); uid != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	}
	cmd.SysProcAttr = attr
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	// Whether the kernel grants it shows only when a child is started.
	probe := exec.Command("/bin/true")
	probe.SysProcAttr = &syscall.SysProcAttr{Cloneflags: attr.Cloneflags, UidMappings: attr.UidMappings, GidMappings: attr.GidMappings}
	return probe.Run()
}
