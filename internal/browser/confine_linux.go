package browser

import (
	"os"
	"os/exec"
	"syscall"
)

// someone is the user a child is inside its namespace: not root, for which the
// browser refuses its own sandbox.
const someone = 1000

// confine gives a child a user namespace and a network of its own with nothing in
// it, in a process group that is killed as a whole.
func confine(cmd *exec.Cmd) error {
	attr := &syscall.SysProcAttr{Setpgid: true, Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: someone, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: someone, HostID: os.Getgid(), Size: 1}}}
	cmd.SysProcAttr = attr
	// Whether the kernel grants it shows only when a child is started.
	probe := exec.Command("/bin/true")
	probe.SysProcAttr = &syscall.SysProcAttr{Cloneflags: attr.Cloneflags, UidMappings: attr.UidMappings, GidMappings: attr.GidMappings}
	return probe.Run()
}

func kill(cmd *exec.Cmd) {
	// That it has ended already is as good.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}
