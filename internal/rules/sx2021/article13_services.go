package sx2021

// ServiceNetwork is the province's 政务服务网, which Article 13(1) makes a part
// of every government portal: its entrance stands on each home page.
const ServiceNetwork = "https://zwfw.shaanxi.gov.cn/"
