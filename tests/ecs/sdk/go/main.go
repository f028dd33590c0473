// Calls ECS with the vendor's own runtime: the one that its generated ECS client hands each call to, with the same parameters.
// Reads a job as a line of JSON, and answers with a line: what was read, or the error that the runtime made of the answer.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	"github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	"github.com/alibabacloud-go/tea/dara"
)

type job struct {
	Endpoint   string
	Key        string
	Secret     string
	Token      string
	Action     string
	Parameters map[string]*string
}

type result struct {
	Items []item   `json:"items"`
	Pages int      `json:"pages"`
	Error *failure `json:"error"`
}

type item struct {
	Id        string   `json:"id"`
	Locks     []string `json:"locks"`
	Instances []string `json:"instances"`
}

type failure struct {
	Kind       string `json:"kind"`
	Status     int    `json:"status"`
	Code       string `json:"code"`
	AuthAction string `json:"auth_action"`
	RetryAfter *int64 `json:"retry_after"`
	RequestId  string `json:"request_id"`
}

// What the models of the generated client have of these answers, by the same names.
type page struct {
	Instances *struct{ Instance []instance }
	Disks     *struct{ Disk []disk }
	NextToken *string
}

type lock struct{ LockReason *string }

type instance struct {
	InstanceId     *string
	OperationLocks *struct{ LockReason []lock }
}

type disk struct {
	DiskId         *string
	OperationLocks *struct{ OperationLock []lock }
	Attachments    *struct {
		Attachment []struct{ InstanceId *string }
	}
}

func main() {
	answers := json.NewEncoder(os.Stdout)
	jobs := bufio.NewScanner(os.Stdin)
	for jobs.Scan() {
		var job job
		must(json.Unmarshal(jobs.Bytes(), &job))
		must(answers.Encode(run(job)))
	}
	must(jobs.Err())
}

func run(job job) result {
	config := &utils.Config{
		AccessKeyId:     dara.String(job.Key),
		AccessKeySecret: dara.String(job.Secret),
		Endpoint:        dara.String(job.Endpoint),
		Protocol:        dara.String("http"),
	}
	if job.Token != "" {
		config.SecurityToken = dara.String(job.Token)
	}
	client, err := openapi.NewClient(config)
	must(err)
	// The errors of this runtime, not of the older one.
	client.DisableSDKError = dara.Bool(true)
	result := result{}
	for {
		answer, err := client.CallApi(parameters(job.Action), &utils.OpenApiRequest{Query: job.Parameters}, &dara.RuntimeOptions{})
		if err != nil {
			result.Error = describe(err)
			return result
		}
		result.Pages++
		body := answer["body"]
		if job.Action == "DescribeInstanceAttribute" {
			var one instance
			must(dara.Convert(body, &one))
			result.Items = append(result.Items, one.item())
			return result
		}
		var page page
		must(dara.Convert(body, &page))
		result.Items = append(result.Items, page.items()...)
		if dara.StringValue(page.NextToken) == "" {
			return result
		}
		job.Parameters["NextToken"] = page.NextToken
	}
}

// As the generated client of ECS says it of each of its actions.
func parameters(action string) *utils.Params {
	return &utils.Params{
		Action:      dara.String(action),
		Version:     dara.String("2014-05-26"),
		Protocol:    dara.String("HTTPS"),
		Pathname:    dara.String("/"),
		Method:      dara.String("POST"),
		AuthType:    dara.String("AK"),
		Style:       dara.String("RPC"),
		ReqBodyType: dara.String("formData"),
		BodyType:    dara.String("json"),
	}
}

func (page page) items() []item {
	items := []item{}
	if page.Instances != nil {
		for _, one := range page.Instances.Instance {
			items = append(items, one.item())
		}
	}
	if page.Disks != nil {
		for _, one := range page.Disks.Disk {
			items = append(items, one.item())
		}
	}
	return items
}

func (one instance) item() item {
	item := item{Id: dara.StringValue(one.InstanceId)}
	if one.OperationLocks != nil {
		item.Locks = reasons(one.OperationLocks.LockReason)
	}
	return item
}

func (one disk) item() item {
	item := item{Id: dara.StringValue(one.DiskId)}
	if one.OperationLocks != nil {
		item.Locks = reasons(one.OperationLocks.OperationLock)
	}
	if one.Attachments != nil {
		for _, attachment := range one.Attachments.Attachment {
			item.Instances = append(item.Instances, dara.StringValue(attachment.InstanceId))
		}
	}
	return item
}

func reasons(locks []lock) []string {
	reasons := []string{}
	for _, lock := range locks {
		reasons = append(reasons, dara.StringValue(lock.LockReason))
	}
	return reasons
}

func describe(err error) *failure {
	var throttling *openapi.ThrottlingError
	var client *openapi.ClientError
	var server *openapi.ServerError
	switch {
	case errors.As(err, &throttling):
		return &failure{
			Kind: "throttling", Status: dara.IntValue(throttling.StatusCode), Code: dara.StringValue(throttling.Code),
			RetryAfter: throttling.RetryAfter, RequestId: dara.StringValue(throttling.RequestId),
		}
	case errors.As(err, &client):
		action, _ := client.AccessDeniedDetail["AuthAction"].(string)
		return &failure{
			Kind: "client", Status: dara.IntValue(client.StatusCode), Code: dara.StringValue(client.Code),
			AuthAction: action, RequestId: dara.StringValue(client.RequestId),
		}
	case errors.As(err, &server):
		return &failure{
			Kind: "server", Status: dara.IntValue(server.StatusCode), Code: dara.StringValue(server.Code),
			RequestId: dara.StringValue(server.RequestId),
		}
	}
	return &failure{Kind: err.Error()}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
