package theme

// ElderHome is the elder home: at most eight large cards.
type ElderHome struct {
	Cards  []Card
	Topics []TopicCard // running
	Latest []Entry
}

// Card is a large card of the elder home.
type Card struct {
	Text string
	Note string
	Href string
}

// Elderly turns a frame into that of its elder twin.
func (f Frame) Elderly(path string) Frame {
	f.Plain, f.Path, f.Elder, f.Feed = f.Path, path, "", ""
	f.Class += " elder"
	f.Data = nil
	return f
}

// ElderHomeFrame is the frame of the elder home.
func ElderHomeFrame(s Site) Frame {
	f := PlainFrame(s, "长辈版", "/", "办事服务", s.Name+"的大字版首页：打电话、看通知、写信。")
	return f.Elderly("/elder/")
}

// ElderHomeOf is the elder home of a site: what older readers come for first,
// at most eight cards.
func ElderHomeOf(s Site, latest []Entry) ElderHome {
	h := ElderHome{Latest: latest}
	if s.Contact != "" {
		h.Cards = append(h.Cards, Card{"打电话问", s.Contact, "tel:" + funcs["digits"].(func(string) string)(s.Contact)})
	}
	for _, w := range []struct{ kind, text string }{{"办事服务", "办事情"}, {"通知公告", "看通知"}, {"政务动态", "看新闻"}, {"政策文件", "看政策"}, {"政策解读", "政策怎么说"}} {
		for _, c := range s.Columns {
			if c.Type == w.kind && len(h.Cards) < 5 {
				h.Cards = append(h.Cards, Card{w.text, c.Name, c.ElderHref()})
				break
			}
		}
	}
	if s.Doors.Letters != "" {
		h.Cards = append(h.Cards, Card{"写信提意见", "有回音", s.Doors.Letters})
	}
	h.Cards = append(h.Cards, Card{"办公地方在哪里", "地址和电话", "/contact.html"}, Card{"回到普通版", "", "/"})
	return h
}
