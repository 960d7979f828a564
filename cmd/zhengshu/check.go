package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/check/lookalike"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/fault"
)

// maxPage bounds a page read from disk.
const maxPage = 100 << 20

// scanner is the house's proofreader, made once.
var scanner = sync.OnceValues(func() (*proofread.Proofreader, error) { return proofread.New(proofread.Options{}) })

var checkPageCommand = command{
	name: "check page", args: "FILE", says: "检查一个网页文件：编码、标题、文号、日期、链接、标签、问题",
	help: `输出（--json）：{"charset","title","doc_no","index_no","issuer","topic","written","published","body_text","links","tags","findings"}。
没有的值是空字符串。以 concealed. 开头的检查是暗链和注入内容。不访问网络，不改动文件。`,
	run: func(ctx context.Context, c *call) error {
		url := c.flags.String("url", "", "网页的网址，用来判断链接是否指向站外")
		asJSON := c.flags.Bool("json", false, "输出 JSON")
		if err := c.parse(1, 1); err != nil {
			return err
		}
		body, err := readFile(c.args[0], maxPage)
		if err != nil {
			return err
		}
		p, err := check.ParsePage(body, "", *url)
		if err != nil {
			return fault.Newf(fault.Invalid, "网页 %s 无法读取：%v", c.args[0], err)
		}
		findings := check.Run(check.Facts{Page: p, Today: calendar.Today(calendar.System())})
		rep := check.Report(p, findings)
		if *asJSON {
			return writeJSON(c.stdout, rep)
		}
		fmt.Fprintf(c.stdout, "标题　　%s\n文号　　%s\n发布时间　%s\n编码　　%s\n问题　　%d 个\n", rep.Title, rep.DocNo, rep.Published, rep.Charset, len(rep.Findings))
		for _, f := range rep.Findings {
			fmt.Fprintf(c.stdout, "  [%s] %s（%s）%s\n", f.Check, f.Says, f.Article, f.Where)
		}
		return nil
	},
}

// readFile reads at most limit bytes.
func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "文件 %s 打不开，请核对路径。", name).From(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "文件 %s 读取中断。", name).From(err)
	}
	if int64(len(b)) > limit {
		return nil, fault.Newf(fault.TooLarge, "文件 %s 超过 %d MB，不检查这么大的网页。", name, limit>>20)
	}
	return b, nil
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

var checkTextCommand = command{
	name: "check text", args: "", says: "检查文字：错别字、个人信息、敏感词（从标准输入读）",
	help: `--jsonl：每行一个 {"id","text"}，每行答一个 {"id","findings":[{"kind","start","end","wrong","right","says","confidence"}]}，顺序不变，id 原样返回。
位置按 Unicode 码点从 0 起，end 不含。读不懂的一行答 {"line","error"}。kind：wording…、privacy.id_card、privacy.mobile、privacy.bank_card、privacy.email、privacy.paper、privacy.address、privacy.plate、privacy.landline、sensitive。`,
	run: func(ctx context.Context, c *call) error {
		lines := c.flags.Bool("jsonl", false, "成批：每行一个 JSON")
		if err := c.parse(0, 0); err != nil {
			return err
		}
		pr, err := scanner()
		if err != nil {
			return err
		}
		if !*lines {
			text, err := io.ReadAll(io.LimitReader(c.stdin, maxPage))
			if err != nil {
				return err
			}
			return writeJSON(c.stdout, check.TextReport{Findings: check.Text(string(text), pr)})
		}
		return batch(ctx, c, func(in struct {
			ID   json.RawMessage `json:"id"`
			Text *string         `json:"text"`
		}) (any, error) {
			if in.Text == nil {
				return nil, fault.New(fault.Invalid, "缺少 text 字段")
			}
			return struct {
				ID       json.RawMessage `json:"id"`
				Findings []check.Span    `json:"findings"`
			}{in.ID, check.Text(*in.Text, pr)}, nil
		})
	},
}

var checkHostsCommand = command{
	name: "check hosts", args: "", says: "判断域名是否仿冒（从标准输入读）",
	help: `--jsonl：每行一个 {"host"}，每行答一个 {"host","lookalike","imitates","technique"}。--protect 文件每行一个要保护的域名。只看名字，从不解析或访问。`,
	run: func(ctx context.Context, c *call) error {
		_ = c.flags.Bool("jsonl", false, "成批：每行一个 JSON（唯一的方式）")
		protect := c.flags.String("protect", "", "要保护的域名，每行一个")
		if err := c.parse(0, 0); err != nil {
			return err
		}
		var hosts []string
		if *protect != "" {
			b, err := readFile(*protect, 16<<20)
			if err != nil {
				return err
			}
			hosts = strings.Fields(string(b))
		}
		m := lookalike.New(hosts)
		return batch(ctx, c, func(in struct {
			Host *string `json:"host"`
		}) (any, error) {
			if in.Host == nil {
				return nil, fault.New(fault.Invalid, "缺少 host 字段")
			}
			return m.Check(*in.Host), nil
		})
	},
}

// maxLine bounds one line of a batch.
const maxLine = 16 << 20

// batch answers one line for one line, in order, as they come. A line that
// cannot be read is answered with its number and the error.
func batch[In any](ctx context.Context, c *call, answer func(In) (any, error)) error {
	r := bufio.NewReaderSize(c.stdin, 1<<20)
	w := bufio.NewWriterSize(c.stdout, 1<<16)
	for n := 1; ; n++ {
		line, err := readLine(r)
		if err == io.EOF && len(line) == 0 {
			return w.Flush()
		}
		if err != nil && err != io.EOF {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var out any
		var in In
		if jerr := json.Unmarshal(line, &in); jerr != nil {
			out = badLine{n, "这一行不是可以读懂的 JSON：" + jerr.Error()}
		} else if out, jerr = answer(in); jerr != nil {
			out = badLine{n, fault.Of(jerr).Says}
		}
		if err := writeJSON(w, out); err != nil {
			return err
		}
		// A peer that waits for each answer gets it at once.
		if r.Buffered() == 0 {
			if err := w.Flush(); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return w.Flush()
		}
	}
}

type badLine struct {
	Line  int    `json:"line"`
	Error string `json:"error"`
}

func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if err == bufio.ErrBufferFull {
			if len(line) > maxLine {
				return nil, fault.Newf(fault.TooLarge, "有一行超过 %d MB。", maxLine>>20)
			}
			continue
		}
		if err == io.EOF {
			return line, io.EOF
		}
		return line[:max(0, len(line)-1)], err
	}
}
