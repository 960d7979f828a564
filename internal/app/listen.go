package app

import (
	"errors"
	"net"
	"syscall"

	"zhengshu/internal/fault"
)

// addressWrong refuses an address that no machine could listen on: without a port,
// or with an impossible one.
func addressWrong(addr, flag string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fault.Newf(fault.Invalid, "%s 填写的 %s 不是监听地址，请写成 主机:端口，例如 127.0.0.1:8080。", flag, addr).From(err)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return fault.Newf(fault.Invalid, "%s 填写的 %s 里端口“%s”不存在，端口是 0 到 65535 的整数，例如 127.0.0.1:8080。", flag, addr, port).From(err)
	}
	return nil
}

// cannotListen says why an address is not listened on, and what to do.
func cannotListen(addr, flag string, err error) error {
	if wrong := addressWrong(addr, flag); wrong != nil {
		return wrong
	}
	says := "地址 %s 不能监听，请检查网络或换一个 %s。"
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		says = "地址 %s 已被另一个程序占用，请停掉那个程序，或换一个 %s。"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		says = "地址 %s 不是本机的地址，请换一个 %s。"
	case errors.Is(err, syscall.EACCES):
		says = "没有权限监听地址 %s，1024 以下的端口须由系统授权，请授权或换一个 %s。"
	}
	return fault.Newf(fault.Unavailable, says, addr, flag).From(err)
}
