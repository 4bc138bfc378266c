using System.Reflection;
using System.Text.RegularExpressions;
using Ggrok.Tests.Testing;

namespace Ggrok.Tests.Architecture;

/// <summary>The table in <c>SECURITY.md</c> names tests that there are.</summary>
public class SecurityDocumentTests
{
    [Fact]
    public void Every_test_that_the_table_of_threats_names_is_there()
    {
        string[] named = [.. Regex.Matches(Repository.Read("SECURITY.md"), "`([A-Za-z0-9]+Tests)\\.([A-Za-z0-9_]+)`", RegexOptions.None, TimeSpan.FromSeconds(5))
            .Select(m => m.Groups[1].Value + "." + m.Groups[2].Value)];
        HashSet<string> tests = [.. Assembly.GetExecutingAssembly().GetTypes()
            .SelectMany(t => t.GetMethods().Where(m => m.GetCustomAttribute<FactAttribute>() is not null).Select(m => t.Name + "." + m.Name))];

        named.Length.ShouldBeGreaterThan(30);
        named.Where(n => !tests.Contains(n)).ShouldBeEmpty();
    }
}
