using Ggrok.Server.Hosting;
using Ggrok.Shared.Certificates;

namespace Ggrok.Server.Tls;

/// <summary>Puts TLS into the server.</summary>
internal static class TlsServices
{
    /// <summary>Registers what the endpoint and registrations need; without TLS only that there is none.</summary>
    public static void Add(IServiceCollection services, TlsOptions? options)
    {
        services.AddSingleton(s => new ClientCertificateAuthenticator(s.GetService<CertificateStore>()));
        if (options is not null)
        {
            services.AddSingleton(options);
            services.AddSingleton(s => Store(s, options));
            services.AddSingleton<TlsEndpoint>();
            services.AddHostedService<TlsNotice>();
        }
    }

    /// <summary>Adds the endpoint, and the others one by one.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="options">TLS.</param>
    /// <param name="otherAddresses">Addresses of the other endpoints, in Kestrel's form.</param>
    public static void Listen(WebApplicationBuilder builder, TlsOptions options, string otherAddresses)
    {
        if (TlsEndpoint.HasHttp3(options))
        {
            builder.WebHost.UseQuic();
        }

        // Last of all configuration, so that what is said of endpoints in general counts here, too.
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            ListenAddresses.AddTo(kestrel, otherAddresses);
            kestrel.ApplicationServices.GetRequiredService<TlsEndpoint>().AddTo(kestrel);
        });
    }

    private static CertificateStore Store(IServiceProvider services, TlsOptions options)
    {
        try
        {
            return new CertificateStore(options, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<CertificateStore>>());
        }
        catch (PemException e)
        {
            // It could be used when the settings were read.
            throw new SettingsException(e.Message);
        }
    }
}
