package e2e

import (
	"bufio"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// postOffice is a mail server inside the house.
type postOffice struct {
	l     net.Listener
	mu    sync.Mutex
	mails []string
}

func openPostOffice(t *testing.T) *postOffice {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{l: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return p
}

func (p *postOffice) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	say := func(s string) { fmt.Fprintf(c, "%s\r\n", s) }
	say("220 test")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch strings.ToUpper(words[0]) {
		case "EHLO":
			say("250 test")
		case "DATA":
			say("354 go")
			var b strings.Builder
			for {
				l, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				b.WriteString(l)
			}
			p.mu.Lock()
			p.mails = append(p.mails, b.String())
			p.mu.Unlock()
			say("250 kept")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// soon waits for the letter of that number.
func (p *postOffice) soon(t *testing.T, n int) string {
	t.Helper()
	for range 300 {
		p.mu.Lock()
		if len(p.mails) >= n {
			defer p.mu.Unlock()
			return p.mails[n-1]
		}
		p.mu.Unlock()
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("letter %d did not come", n)
	return ""
}

// plain is the text of a letter.
func plain(t *testing.T, letter string) string {
	t.Helper()
	_, body, _ := strings.Cut(letter, "\r\n\r\n")
	b, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// Reminders leave the house by mail and webhook: the system administrator opens
// them and is told in plain words what is wrong; each person chooses how, proves
// the address, and is left alone at night.
func TestMailAndWebhookAreSetByHand(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)
	post := openPostOffice(t)
	port := post.l.Addr().(*net.TCPAddr).Port
	system, sponsor := b.person("xitong"), b.person("bumen")

	sponsor.open("/console/me/notifications")
	sponsor.sees("本平台尚未开通邮件和网络回调")
	system.open("/console/settings/system")
	try := func(sees string) {
		t.Helper()
		system.fill("收件邮箱", "an@example.gov.cn")
		system.press("试发邮件")
		system.sees(sees)
	}
	try("邮件服务器还没有设置")
	save := func(port int, tls, user string) {
		t.Helper()
		system.open("/console/settings/system")
		system.fill("邮件服务器", "127.0.0.1")
		system.fill("端口", strconv.Itoa(port))
		system.fill("加密", tls)
		system.fill("用户名", user)
		if user != "" {
			system.fill("密码", "long-password")
		}
		system.fill("发件地址", "zhengshu@example.gov.cn")
		system.fill("平台网址", "https://zs.example.gov.cn")
		if !eval[bool](system, `document.querySelector("input[name=hooks]").checked`) {
			system.tick("允许个人设置网络回调")
		}
		system.fill("免打扰开始", "21")
		system.fill("免打扰结束", "7")
		system.fill("每日一封发送时刻", "9")
		system.press("保存系统设置")
	}
	const none, must = "不加密（仅限本机或内网中转）", "STARTTLS（必须加密）"
	save(port, none, "zhengshu")
	system.sees("不加密的连接不能带用户名和密码")
	system.both("mail-password-in-the-open")
	save(port, must, "zhengshu")
	system.sees("系统设置已保存")
	try("不支持所选的加密方式")
	system.sees("已填写，不改请留空")
	system.lacks("long-password")
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().(*net.TCPAddr).Port
	closed.Close()
	save(nobody, none, "")
	try("连不上邮件服务器 127.0.0.1:" + strconv.Itoa(nobody))
	system.both("mail-nobody-there")
	system.fill("免打扰开始", "25")
	system.press("保存系统设置")
	system.sees("时刻要在 0 至 23 之间")
	save(port, none, "")
	try("试发邮件已交给邮件服务器")
	if got := plain(t, post.soon(t, 1)); !strings.Contains(got, "邮件服务器设置正确") {
		t.Errorf("the letter says %q", got)
	}
	system.both("mail-settings")

	// A person chooses, and proves that the address is theirs.
	sponsor.open("/console/me/notifications")
	sponsor.sees("免打扰时段为 21:00 至 次日 7:00")
	sponsor.fill("邮箱", "bumen@example.gov.cn")
	sponsor.tick("每日一封")
	sponsor.press("保存接收设置")
	sponsor.sees("验证之前不会向这个邮箱发消息")
	code := sixDigits.FindString(plain(t, post.soon(t, 2)))
	sponsor.fill("验证码", "000000")
	sponsor.press("验证邮箱")
	sponsor.lacks("邮箱已验证")
	sponsor.fill("验证码", code)
	sponsor.press("验证邮箱")
	sponsor.sees("邮箱已验证")
	sponsor.fill("回调网址", "http://im.example/hook")
	sponsor.press("保存接收设置")
	sponsor.sees("回调网址要以 https:// 开头")
	sponsor.both("hook-refused")
	sponsor.fill("回调网址", "https://im.example/hook")
	sponsor.press("保存接收设置")
	sponsor.sees("密钥")
	sponsor.both("hook-secret")
}
