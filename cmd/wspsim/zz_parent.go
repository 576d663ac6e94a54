package main
import ("github.com/spf13/cobra";"wspsim/netmodel/trace/page";"os";"encoding/json";"fmt")
func (s *session) lessonsCommand() *cobra.Command { c:=&cobra.Command{Use:"lessons"}; c.AddCommand(s.lessonsSheetCommand(), s.lessonsClassCommand()); return c}
func findLesson(name string) (page.Lesson, error) { if l,ok:=lessonNamed(name);ok{return l,nil}; b,err:=os.ReadFile(name); var l page.Lesson; if err==nil{err=json.Unmarshal(b,&l)}; if err!=nil{err=fmt.Errorf("x %w",err)}; return l,err}
